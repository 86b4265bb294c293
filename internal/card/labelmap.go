package card

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// labelMap reads the label map of the TensorFlow Object Detection API, a
// StringIntLabelMap in protobuf text form (object_detection/protos/
// string_int_label_map.proto): items with id, name and display_name. The name for
// display wins; ids may have gaps; other fields are passed over.
func labelMap(data []byte) (*nameList, error) {
	desc, err := labelMapDescriptor()
	if err != nil {
		return nil, err
	}
	msg := dynamicpb.NewMessage(desc)
	if err := (prototext.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(data, msg); err != nil {
		return nil, fmt.Errorf("not a label map: %w", err)
	}
	items := msg.Get(desc.Fields().ByName("item")).List()
	byNumber := make(map[int]string, items.Len())
	for i := range items.Len() {
		item := items.Get(i).Message()
		get := func(name protoreflect.Name) protoreflect.Value {
			return item.Get(item.Descriptor().Fields().ByName(name))
		}
		name := get("display_name").String()
		if name == "" {
			name = get("name").String()
		}
		id := int(get("id").Int())
		if _, twice := byNumber[id]; twice {
			return nil, fmt.Errorf("id %d is given twice", id)
		}
		byNumber[id] = name
	}
	if len(byNumber) == 0 {
		return nil, errors.New("no item in the label map")
	}
	return fromNumbers(byNumber)
}

// labelMapDescriptor describes the part of the message that matters here.
func labelMapDescriptor() (protoreflect.MessageDescriptor, error) {
	field := func(name string, number int32, t descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: proto.String(name), Number: proto.Int32(number), Type: t.Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
	}
	item := field("item", 1, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE)
	item.TypeName = proto.String(".vision.Item")
	item.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("vision/label_map.proto"), Package: proto.String("vision"), Syntax: proto.String("proto2"),
		MessageType: []*descriptorpb.DescriptorProto{
			{Name: proto.String("Item"), Field: []*descriptorpb.FieldDescriptorProto{
				field("name", 1, descriptorpb.FieldDescriptorProto_TYPE_STRING),
				field("id", 2, descriptorpb.FieldDescriptorProto_TYPE_INT32),
				field("display_name", 3, descriptorpb.FieldDescriptorProto_TYPE_STRING),
			}},
			{Name: proto.String("Map"), Field: []*descriptorpb.FieldDescriptorProto{item}},
		},
	}, nil)
	if err != nil {
		return nil, err
	}
	return file.Messages().ByName("Map"), nil
}
